"""All that can be told about settings and stores before anything starts."""

from collections.abc import Iterator

from app.master_key import TOKEN_SECRET_FILE, master_keys_if_there, token_secrets_for
from app.preflight.folder import about_folder
from app.preflight.postgres import about_postgres
from app.preflight.told import Told, wrong
from app.settings import Settings, SettingsError


def about_stores(settings: Settings) -> Iterator[Told]:
    """What there is to tell about the store, the keys to it, and the secret that signs tokens."""
    key = None
    try:
        key = master_keys_if_there(settings)
    except SettingsError as trouble:
        yield wrong(trouble)
    yield from about_folder(settings, key) if settings.is_embedded else about_postgres(settings, key)
    if settings.is_embedded and not settings.secret and not (settings.data / TOKEN_SECRET_FILE).exists():
        return  # the first start makes one
    try:
        token_secrets_for(settings, make=False)
    except SettingsError as trouble:
        yield wrong(trouble)
