"""The vault: what it seals opens with any key that is still there, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.vault import KeyMissing, Sealed, Vault

OLD, NEW, OTHER = (name * 8 for name in ("old!", "new!", "else"))
PLAIN = b"a secret"


def test_what_was_sealed_opens() -> None:
    vault = Vault([NEW], "tests")
    sealed = vault.seal(PLAIN, about=b"channel 1")
    assert vault.open(sealed, about=b"channel 1") == PLAIN
    assert PLAIN not in sealed.ciphertext


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_anything_comes_back_as_it_was(plaintext: bytes, about: bytes) -> None:
    vault = Vault([NEW], "tests")
    assert vault.open(vault.seal(plaintext, about), about) == plaintext


def test_after_a_rotation_the_old_key_opens_and_the_new_one_seals() -> None:
    before, rotated = Vault([OLD], "tests"), Vault([NEW, OLD], "tests")
    assert rotated.open(before.seal(PLAIN)) == PLAIN
    sealed = rotated.seal(PLAIN)
    assert sealed.key_id == Vault([NEW], "tests").newest_key_id != before.newest_key_id
    assert Vault([NEW], "tests").open(sealed) == PLAIN


def test_a_key_that_was_taken_away_opens_nothing_and_is_named() -> None:
    sealed = Vault([OLD], "tests").seal(PLAIN)
    with pytest.raises(KeyMissing, match=f"{sealed.key_id!r}.*SECRET_KEY"):
        Vault([NEW], "tests").open(sealed)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_what_was_changed_does_not_open(position: int, flipped: int) -> None:
    vault = Vault([NEW], "tests")
    sealed = vault.seal(PLAIN)
    changed = bytearray(sealed.ciphertext)
    changed[position % len(changed)] ^= flipped
    with pytest.raises(KeyMissing, match="changed"):
        vault.open(Sealed(sealed.key_id, bytes(changed)))


@pytest.mark.parametrize("ciphertext", [b"", b"x", b"x" * 11, b"x" * 12, b"x" * 27, b"x" * 100])
def test_garbage_does_not_open(ciphertext: bytes) -> None:
    vault = Vault([NEW], "tests")
    with pytest.raises(KeyMissing):
        vault.open(Sealed(vault.newest_key_id, ciphertext))


def test_what_is_about_one_thing_does_not_open_for_another() -> None:
    vault = Vault([NEW], "tests")
    with pytest.raises(KeyMissing):
        vault.open(vault.seal(PLAIN, about=b"channel 1"), about=b"channel 2")


def test_what_is_sealed_for_one_purpose_does_not_open_for_another() -> None:
    one, two = Vault([NEW], "channel credentials"), Vault([NEW], "temporal payloads")
    assert one.newest_key_id != two.newest_key_id
    with pytest.raises(KeyMissing):
        two.open(one.seal(PLAIN))


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    vault = Vault([NEW], "tests")
    assert len({vault.seal(PLAIN).ciphertext for _ in range(100)}) == 100


def test_a_fingerprint_is_found_after_a_rotation() -> None:
    before, rotated = Vault([OLD], "tests"), Vault([NEW, OLD], "tests")
    assert before.fingerprints("key") == rotated.fingerprints("key")[1:]
    assert rotated.fingerprints("key")[0] == Vault([NEW], "tests").fingerprints("key")[0]
    assert not set(Vault([OTHER], "tests").fingerprints("key")) & set(rotated.fingerprints("key"))


def test_a_vault_without_a_key_cannot_be_made() -> None:
    with pytest.raises(KeyMissing, match="SECRET_KEY"):
        Vault([], "tests")


def test_no_error_tells_a_key_or_what_was_sealed() -> None:
    sealed = Vault([OLD], "tests").seal(PLAIN)
    with pytest.raises(KeyMissing) as refused:
        Vault([NEW], "tests").open(sealed)
    assert not any(secret in str(refused.value) for secret in (OLD, NEW, PLAIN.decode()))
