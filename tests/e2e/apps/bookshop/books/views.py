from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt

from books.models import Book


@csrf_exempt
def shelf(request):
    if request.method == "POST":
        Book.objects.create(title=request.POST["title"], cover=request.FILES.get("cover", ""))
        return redirect("/")
    return render(request, "shelf.html", {"books": Book.objects.all()})


def cover(request, number):
    return redirect(get_object_or_404(Book, pk=number).cover.url)
