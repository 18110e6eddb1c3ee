"""The app's pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PACKAGE = __name__.partition(".")[0]


def home(request: HttpRequest) -> HttpResponse:
    """Show the first page."""
    return render(request, f"{PACKAGE}/home.html")
