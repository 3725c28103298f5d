import json

NAMES = [
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SCRIPT_FILENAME", "REQUEST_URI", "REMOTE_USER", "HTTP_AUTHORIZATION",
    "mod_wsgi.process_group", "mod_wsgi.application_group", "mod_wsgi.handler_script", "mod_wsgi.callable_object",
]


def application(environ, start_response):
    seen = {name: environ.get(name) for name in NAMES}
    texts = "".join(f"{name}={value}\0" for name, value in environ.items() if isinstance(value, str))
    seen["environment"] = texts.encode("utf-8", "surrogateescape").hex()
    body = json.dumps({"probe": "wsgi", "file": __file__, **seen}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
