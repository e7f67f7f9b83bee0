"""/parts: every component in both themes, to look at and to copy from. For those who build, and for administrators."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path

from alur.web.flow import Button
from alur.web.lists.view import pager
from alur.web.remedies import Remedy
from alur.web.request import Request
from alur.web.templatetags.look import ICONS
from alur.web.voice import voice

STAGE_WORDS = ("Penerimaan", "Verifikasi", "Konfirmasi", "Pengiriman", "Faktur", "Pembayaran", "Retur", "Penutupan")


def parts(request: Request) -> HttpResponse:
    """The sheet."""
    if not (settings.DEBUG or "admin" in request.roles):
        raise Http404
    return render(request, "sheet_of_parts/page.html", {"themes": ("light", "dark"), **samples()})


def ribbon(at: int, kind: str, said: str) -> list[dict[str, object]]:
    """Stops of a ribbon (parts/ribbon.html): word, kind, lines under it, the loud line, the icon, whether one stands here."""
    icons = {"done": "check", "now": "dot", "held": "pause", "late": "alert"}
    kinds = ["done"] * at + [kind] + [""] * (7 - at)
    return [
        {
            "word": word,
            "kind": k,
            "lines": ["24 Nov"] if k == "done" else [said] if k == "now" else [],
            "loud": said if k in {"held", "late"} else "",
            "icon": icons.get(k, ""),
            "here": k == kind,
        }
        for word, k in zip(STAGE_WORDS, kinds, strict=True)
    ]


def samples() -> dict[str, object]:
    """What the parts show here: the shapes each of them takes."""
    now = voice().now
    return {
        "icons": sorted(file.stem for file in ICONS.glob("*.svg")),
        "ribbons": [ribbon(3, "now", "sedang jalan"), ribbon(1, "held", "Ditahan 2 jam"), ribbon(3, "late", "Lewat 55 mnt")],
        "hold": {
            "title": "Batas kredit: lewat Rp 3.200.000",
            "text": "Pesanan ini 18.640.000, terpakai 44.560.000 dari batas 60.000.000.",
            "age": now - timedelta(hours=2),
            "target": 8,
        },
        "choices": [
            {"word": "Kirim 36, sisa Sel 1 Des", "note": "Tanpa ongkos. Disarankan.", "icon": "split", "step": "check.release", "best": True},
            {"word": "Ganti dengan CK-200", "note": "140 siap, tanya dulu", "icon": "swap", "step": "check.release"},
            {"word": "Tanya pelanggan", "note": "Tautan, berlaku 2 hari", "icon": "msg", "step": "check.release"},
        ],
        "remedies": [Remedy("check.release", "Setujui pesanan ini", ("reason",), best=True), Remedy("capture.cancel", "Batalkan", ("reason",), best=False)],
        "money": [("Total", 33035820, "", False), ("Ditagih", 16709940, "/", False), ("Sisa tagihan, tempo Rab 23 Des", 6709940, "/", True)],
        "facts": [("Diminta", "Kam 26 Nov"), ("Alamat", "Jl. Kenanga Raya 18, Bogor"), ("Servis", "Jum 27 Nov 13–15")],
        "tabs": [("all", "Semua", 128), ("held", "Ditahan", 11), ("late", "Lewat target", 9)],
        "steps": [Button("check.verify", "Verifikasi", ()), Button("check.hold", "Tahan", ("reason",))],
        "pager": pager(2, 94),
        "tiles": [
            {
                "label": "Janji ditepati",
                "value": "93,4",
                "unit": "% · target 95",
                "spark": [80, 86, 88, 85, 91, 95, 94, 94.6, 92, 93, 91, 93.4],
                "goal": 95,
                "text": "Turun 0,5 poin; 7 dari 11 meleset karena stok cangkir.",
            },
            {
                "label": "Lewat tempo, Rp juta",
                "value": "184,3",
                "unit": "14 faktur",
                "spark": [90, 85, 99, 108, 102, 124, 120, 141, 140, 160, 170, 184],
                "late": True,
                "text": "Naik 7 %; separuhnya dari dua pelanggan.",
            },
        ],
        "events": [
            {"kind": "wait", "icon": "pause", "text": "Menunggu stok: CK-180 36 dari 60", "why": "aturan antrean stok", "at": now - timedelta(hours=2)},
            {
                "kind": "",
                "icon": "msg",
                "text": "Dewi Anggraini menulis catatan",
                "say": "Kalau kurang, 36 dulu tidak apa-apa.",
                "at": now - timedelta(hours=3),
            },
            {"kind": "done", "icon": "check", "text": "Diverifikasi tanpa sentuhan", "at": now - timedelta(days=3)},
        ],
        "life": [("d", 24), ("", 12), ("p", 10), ("w", 14)],
        "ages": [now - timedelta(hours=7), now - timedelta(hours=26)],
    }


urls = [path("parts", parts, name="parts")]
