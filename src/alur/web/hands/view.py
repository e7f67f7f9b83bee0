"""Pages for hands: pick and drive, on a phone."""

from django.urls import path

from alur.web.hands import drive, pick

urls = [
    path("pick/", pick.index, name="pick"),
    path("pick/<str:number>/", pick.pick, name="pick_delivery"),
    path("drive/", drive.index, name="drive"),
    path("drive/<str:number>/", drive.index, name="stop"),
    path("drive/<str:number>/arrived/", drive.arrived, name="stop_arrived"),
    path("drive/<str:number>/failed/", drive.failed, name="stop_failed"),
]
