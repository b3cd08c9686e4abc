"""files.getUploadURLExternal, files.completeUploadExternal: the steps around the posting of a file's bytes."""

from simulator.slack.call import Call
from simulator.slack.refusals import Refused
from simulator.wire import JSON, Object

MAX_BYTES = 1024 * 1024 * 1024


def get_upload_url(call: Call) -> Object:
    """Where the bytes are to be posted."""
    call.app.demand_scope("files:write")
    length, name = call.text("length"), call.text("filename")
    if not name or not length.isdigit() or not 0 < int(length) <= MAX_BYTES:
        raise Refused("invalid_arguments")
    file = call.state.files.begin(name, int(length))
    return {"upload_url": f"{call.base_url}/slack/upload/{file.id}", "file_id": file.id}


def file_info(call: Call) -> Object:
    """What a file is, and where."""
    call.app.demand_scope("files:read")
    return {"file": call.state.files.find(call.text("file")).describe(call.base_url)}


def complete_upload(call: Call) -> Object:
    """End uploads; without a channel nobody but the app sees the files."""
    call.app.demand_scope("files:write")
    wanted = call.arguments.get("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments")
    done: list[JSON] = []
    for item in wanted:
        file = call.state.files.find(item.get("id") if isinstance(item, dict) else None)
        if file.content is None or len(file.content) != file.length:
            raise Refused("file_upload_incomplete" if file.content is None else "file_update_failed")
        title = item.get("title") if isinstance(item, dict) else None
        file.title = title if isinstance(title, str) else file.name
        done.append(file.describe(call.base_url))
    return {"files": done}
