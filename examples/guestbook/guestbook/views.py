"""The guestbook's one page: read it, sign it."""

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from .forms import EntryForm
from .models import Entry

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """List the newest entries; a POST adds one and comes back, so a reload never sends it twice."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("home")
    context = {
        "form": form,
        "entries": Entry.objects.all()[:SHOWN],
        "total": Entry.objects.count(),
        "visits": count_visit(),
    }
    return render(request, "guestbook/home.html", context, status=400 if form.errors else 200)


def count_visit() -> int | None:
    """Add this visit to the cached counter; None while the cache is away."""
    cache.add("visits", 0, timeout=None)
    try:
        return cache.incr("visits") or None
    except ValueError:  # evicted between the two lines
        return None
