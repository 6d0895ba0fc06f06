"""The help centre: categories, folders and articles in the primary language."""

from tools.freshdesk.sandbox import html, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    absent,
    created,
    duplicate,
    gone,
    missing,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Article, Json, Shelf
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.solution_shapes import article, category, folder
from tools.freshdesk.sandbox.validate import Rule, Rules

_NAME = Rule("text", longest=validate.MAX_TEXT)
_TEXT = Rule("text", null=True)
CATEGORY: Rules = {"name": _NAME, "description": _TEXT, "visible_in_portals": Rule("numbers")}
FOLDER: Rules = {
    "name": _NAME,
    "description": _TEXT,
    "visibility": Rule("number", choices=lambda: range(1, 8)),
    "company_ids": Rule("numbers"),
    "contact_segment_ids": Rule("numbers"),
    "company_segment_ids": Rule("numbers"),
    "category_id": Rule("number"),
    "parent_folder_id": Rule("number", null=True),
}
ARTICLE: Rules = {
    "title": _NAME,
    "description": Rule("text"),
    "status": Rule("number", choices=lambda: (1, 2)),
    "type": Rule("number", choices=lambda: (1, 2)),
    "tags": Rule("texts"),
    "seo_data": Rule("object"),
    "folder_id": Rule("number"),
    "agent_id": Rule("number"),
}


def a_category(desk: Desk, call: Call) -> Shelf:
    """Return the category of the path, or refuse with 404."""
    return _found(desk.categories, call)


def a_folder(desk: Desk, call: Call) -> Shelf:
    """Return the folder of the path, or refuse with 404."""
    return _found(desk.folders, call)


def _found(those: dict[int, Shelf], call: Call) -> Shelf:
    shelf = those.get(call.id())
    if shelf is None:
        raise not_found()
    return shelf


def an_article(desk: Desk, call: Call) -> Article:
    """Return the article of the path, or refuse with 404."""
    found = desk.articles.get(call.id())
    if found is None:
        raise not_found()
    return found


def categories(desk: Desk, call: Call) -> Answer:
    """List categories. Source: https://developers.freshdesk.com/api/#solutions."""
    return page(call, list(desk.categories.values()), category)


def view_category(desk: Desk, call: Call) -> Answer:
    """Show one category."""
    return ok(category(a_category(desk, call)))


def create_category(desk: Desk, call: Call) -> Answer:
    """Create a category; names are unique."""
    body = validate.body(call, CATEGORY, required=("name",))
    if any(it.name == body["name"] for it in desk.categories.values()):
        raise duplicate("name")
    at = desk.now()
    made = Shelf(desk.fresh("category"), body["name"], at, at, body.get("description"))
    desk.categories[made.id] = made
    return created(category(made), f"/api/v2/solutions/categories/{made.id}")


def update_category(desk: Desk, call: Call) -> Answer:
    """Change a category."""
    it = a_category(desk, call)
    _shelve(desk, it, validate.body(call, CATEGORY))
    return ok(category(it))


def _shelve(desk: Desk, it: Shelf, body: Json) -> None:
    for name in ("name", "description", "visibility", "category_id", "parent_folder_id"):
        if name in body:
            setattr(it, name, body[name])
    it.updated_at = desk.now()


def delete_category(desk: Desk, call: Call) -> Answer:
    """Delete a category with all it holds."""
    it = a_category(desk, call)
    del desk.categories[it.id]
    for inner in [inner for inner in desk.folders.values() if inner.category_id == it.id]:
        _remove_folder(desk, inner)
    return gone()


def folders(desk: Desk, call: Call) -> Answer:
    """List a category's folders."""
    home = a_category(desk, call)
    inner = [
        it
        for it in desk.folders.values()
        if it.category_id == home.id and it.parent_folder_id is None
    ]
    return page(call, inner, lambda it: folder(desk, it))


def subfolders(desk: Desk, call: Call) -> Answer:
    """List the folders inside a folder."""
    home = a_folder(desk, call)
    inner = [it for it in desk.folders.values() if it.parent_folder_id == home.id]
    return page(call, inner, lambda it: folder(desk, it))


def view_folder(desk: Desk, call: Call) -> Answer:
    """Show one folder."""
    return ok(folder(desk, a_folder(desk, call)))


def create_folder(desk: Desk, call: Call) -> Answer:
    """Create a folder in a category; its visibility must be told."""
    home = a_category(desk, call)
    body = validate.body(call, FOLDER, required=("name", "visibility"))
    if any(it.name == body["name"] and it.category_id == home.id for it in desk.folders.values()):
        raise duplicate("name")
    at = desk.now()
    made = Shelf(desk.fresh("folder"), body["name"], at, at, body.get("description"), home.id)
    made.visibility, made.parent_folder_id = body["visibility"], body.get("parent_folder_id")
    desk.folders[made.id] = made
    return created(folder(desk, made), f"/api/v2/solutions/folders/{made.id}")


def update_folder(desk: Desk, call: Call) -> Answer:
    """Change a folder."""
    it = a_folder(desk, call)
    _shelve(desk, it, validate.body(call, FOLDER))
    return ok(folder(desk, it))


def delete_folder(desk: Desk, call: Call) -> Answer:
    """Delete a folder with its articles."""
    _remove_folder(desk, a_folder(desk, call))
    return gone()


def _remove_folder(desk: Desk, it: Shelf) -> None:
    del desk.folders[it.id]
    for page_ in [known for known in desk.articles.values() if known.folder_id == it.id]:
        del desk.articles[page_.id]


def articles(desk: Desk, call: Call) -> Answer:
    """List a folder's articles."""
    home = a_folder(desk, call)
    inner = [it for it in desk.articles.values() if it.folder_id == home.id]
    return page(call, inner, lambda it: article(desk, it))


def view_article(desk: Desk, call: Call) -> Answer:
    """Show one article."""
    return ok(article(desk, an_article(desk, call)))


def create_article(desk: Desk, call: Call) -> Answer:
    """Create an article, a draft unless the caller says otherwise."""
    home = a_folder(desk, call)
    body = validate.body(call, ARTICLE, required=("title", "description"))
    if not body["title"]:
        raise validation([missing("title")])
    at = desk.now()
    text = html.stored(body["description"])
    made = Article(desk.fresh("article"), home.id, body["title"], text, desk.responder_id, at, at)
    made.status, made.type = body.get("status", 1), body.get("type", 1)
    made.tags, made.seo_data = list(body.get("tags", [])), dict(body.get("seo_data", {}))
    desk.articles[made.id] = made
    desk.note_down("article", made.id, None, desk.responder_id, made.title, via="api")
    return created(article(desk, made), f"/api/v2/solutions/articles/{made.id}")


def update_article(desk: Desk, call: Call) -> Answer:
    """Change an article, or move it to another folder."""
    it = an_article(desk, call)
    body = validate.body(call, ARTICLE)
    if "folder_id" in body and body["folder_id"] not in desk.folders:
        raise validation([absent("folder_id", "folder")])
    for name, value in body.items():
        setattr(it, name, html.stored(value) if name == "description" else value)
    it.updated_at = desk.now()
    desk.note_down("article", it.id, None, desk.responder_id, it.title, via="api")
    return ok(article(desk, it))


def delete_article(desk: Desk, call: Call) -> Answer:
    """Delete an article."""
    it = an_article(desk, call)
    del desk.articles[it.id]
    desk.note_down("article", it.id, None, desk.responder_id, it.title, via="api")
    return gone()


ROUTES = [
    Route("GET", "/solutions/categories", categories, query=PAGED),
    Route("POST", "/solutions/categories", create_category),
    Route("GET", "/solutions/categories/{id}", view_category),
    Route("PUT", "/solutions/categories/{id}", update_category),
    Route("DELETE", "/solutions/categories/{id}", delete_category),
    Route("GET", "/solutions/categories/{id}/folders", folders, query=PAGED),
    Route("POST", "/solutions/categories/{id}/folders", create_folder),
    Route("GET", "/solutions/folders/{id}", view_folder),
    Route("PUT", "/solutions/folders/{id}", update_folder),
    Route("DELETE", "/solutions/folders/{id}", delete_folder),
    Route("GET", "/solutions/folders/{id}/subfolders", subfolders, query=PAGED),
    Route("GET", "/solutions/folders/{id}/articles", articles, query=PAGED),
    Route("POST", "/solutions/folders/{id}/articles", create_article),
    Route("GET", "/solutions/articles/{id}", view_article),
    Route("PUT", "/solutions/articles/{id}", update_article),
    Route("DELETE", "/solutions/articles/{id}", delete_article),
]
