"""Every kind of event, and the sentence the timeline says. Facts in data: ids, codes, numbers, dates; names are looked up when shown."""

KINDS = {
    "order.received": "Received by {channel}",
    "order.confirmed": "Confirmed: stock is set aside; {short} lines wait for goods",
    "order.reserve_refused": "Stock was not set aside ({code})",
    "stock.opened": "Opening stock worth {value:money}",
    "order.priced": "Priced: {total:money}",
    "order.verified": "Verified",
    "order.verify_refused": "Held by verification",
}
