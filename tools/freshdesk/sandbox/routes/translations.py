"""The help centre in other languages: the same addresses with a language behind them."""

from collections.abc import Callable

from tools.freshdesk.sandbox import html, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    created,
    invalid_value,
    not_found,
    ok,
    validation,
    wrong_verb,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Article, Json, Shelf
from tools.freshdesk.sandbox.routes import solutions
from tools.freshdesk.sandbox.routing import PAGED, Handler, Route
from tools.freshdesk.sandbox.solution_shapes import article, category, folder
from tools.freshdesk.sandbox.validate import Rules

Page = Shelf | Article
Find = Callable[[Desk, Call], Page]


def _show(desk: Desk, it: Page, texts: Json) -> Json:
    if isinstance(it, Article):
        shown = article(desk, it)
    else:
        shown = category(it) if it.category_id is None else folder(desk, it)
    shown |= {name: value for name, value in texts.items() if name in shown}
    if "description_text" in shown:
        shown["description_text"] = flat(shown["description"])
    return shown


def _language(desk: Desk, call: Call) -> str:
    language = call.params["lang"]
    known = [
        desk.account.get("primary_language", "en"),
        *desk.account.get("supported_languages", []),
    ]
    if language not in known:
        raise not_found()
    return language


def _is_primary(desk: Desk, language: str) -> bool:
    return language == str(desk.account.get("primary_language", "en"))


def _view(find: Find) -> Handler:
    def view(desk: Desk, call: Call) -> Answer:
        it, language = find(desk, call), _language(desk, call)
        if _is_primary(desk, language):
            return ok(_show(desk, it, {}))
        if language not in it.translations:
            raise not_found()
        return ok(_show(desk, it, it.translations[language]))

    return view


def _create(find: Find, rules: Rules, required: tuple[str, ...], where: str) -> Handler:
    def create(desk: Desk, call: Call) -> Answer:
        it, language = find(desk, call), _language(desk, call)
        body = validate.body(call, rules, required=required)
        if language in it.translations or _is_primary(desk, language):
            raise wrong_verb(["GET", "PUT"])
        at = stamp(desk.now())
        it.translations[language] = {"status": 1, "created_at": at, "updated_at": at, **_kept(body)}
        return created(
            _show(desk, it, it.translations[language]),
            f"/api/v2/solutions/{where}/{it.id}/{language}",
        )

    return create


def _kept(body: Json) -> Json:
    return {
        name: html.stored(value) if name == "description" and value else value
        for name, value in body.items()
    }


def _update(find: Find, rules: Rules) -> Handler:
    def update(desk: Desk, call: Call) -> Answer:
        it, language = find(desk, call), _language(desk, call)
        if language not in it.translations:
            raise not_found()
        body = validate.body(call, rules)
        if not body:
            raise validation([invalid_value("base", "There is nothing to update")])
        it.translations[language] |= {**_kept(body), "updated_at": stamp(desk.now())}
        return ok(_show(desk, it, it.translations[language]))

    return update


def folders(desk: Desk, call: Call) -> Answer:
    """List a category's folders in a language; those without a translation are left out."""
    home, language = solutions.a_category(desk, call), _language(desk, call)
    inner = [it for it in desk.folders.values() if it.category_id == home.id]
    return _listed(desk, call, language, inner)


def articles(desk: Desk, call: Call) -> Answer:
    """List a folder's articles in a language; those without a translation are left out."""
    home, language = solutions.a_folder(desk, call), _language(desk, call)
    inner = [it for it in desk.articles.values() if it.folder_id == home.id]
    return _listed(desk, call, language, inner)


def _listed(desk: Desk, call: Call, language: str, inner: list[Shelf] | list[Article]) -> Answer:
    primary = _is_primary(desk, language)
    shown = [it for it in inner if primary or language in it.translations]
    return page(call, shown, lambda it: _show(desk, it, it.translations.get(language, {})))


_ARTICLE: Rules = {
    name: rule for name, rule in solutions.ARTICLE.items() if name not in {"folder_id", "type"}
}
_CATEGORY: Rules = {name: solutions.CATEGORY[name] for name in ("name", "description")}
_FOLDER: Rules = {name: solutions.FOLDER[name] for name in ("name", "description")}

ROUTES = [
    Route("GET", "/solutions/categories/{id}/{lang}", _view(solutions.a_category)),
    Route(
        "POST",
        "/solutions/categories/{id}/{lang}",
        _create(solutions.a_category, _CATEGORY, ("name",), "categories"),
    ),
    Route("PUT", "/solutions/categories/{id}/{lang}", _update(solutions.a_category, _CATEGORY)),
    Route("GET", "/solutions/categories/{id}/folders/{lang}", folders, query=PAGED),
    Route("GET", "/solutions/folders/{id}/{lang}", _view(solutions.a_folder)),
    Route(
        "POST",
        "/solutions/folders/{id}/{lang}",
        _create(solutions.a_folder, _FOLDER, ("name",), "folders"),
    ),
    Route("PUT", "/solutions/folders/{id}/{lang}", _update(solutions.a_folder, _FOLDER)),
    Route("GET", "/solutions/folders/{id}/articles/{lang}", articles, query=PAGED),
    Route("GET", "/solutions/articles/{id}/{lang}", _view(solutions.an_article)),
    Route(
        "POST",
        "/solutions/articles/{id}/{lang}",
        _create(solutions.an_article, _ARTICLE, ("title", "description"), "articles"),
    ),
    Route("PUT", "/solutions/articles/{id}/{lang}", _update(solutions.an_article, _ARTICLE)),
]
