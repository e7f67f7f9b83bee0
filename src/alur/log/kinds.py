"""Every kind of event, and the sentence the timeline says. Facts in data: ids, codes, numbers, dates; names are looked up when shown."""

KINDS = {
    "order.received": "Received by {channel}",
    "stock.opened": "Opening stock worth {value:money}",
    "order.priced": "Priced: {total:money}",
    "order.verified": "Verified",
    "order.verify_refused": "Held by verification",
}
