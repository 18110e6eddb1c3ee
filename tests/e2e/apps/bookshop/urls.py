from django.contrib import admin
from django.urls import path

from books import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("cover/<int:number>/", views.cover),
    path("", views.shelf),
]
