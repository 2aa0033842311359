"""An SSH key pair, made anew for each test: Ed25519 as RFC 8032 defines it, slow and short."""

import base64
import hashlib
import secrets

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def _base():
    square = (BASE_Y**2 - 1) * pow(D * BASE_Y**2 + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == 0 else P - x), BASE_Y


def _add(one, two):
    (x1, y1), (x2, y2) = one, two
    k = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P,
    )


def _public(seed):
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    scalar = (scalar & ((1 << 254) - 8)) | (1 << 254)
    point, power = (0, 1), _base()
    while scalar:
        if scalar & 1:
            point = _add(point, power)
        power, scalar = _add(power, power), scalar >> 1
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _field(data):
    return len(data).to_bytes(4, "big") + data


def key_pair():
    """A private key as OpenSSH writes it, and the public one as a line."""
    seed = secrets.token_bytes(32)
    public = _public(seed)
    blob = _field(b"ssh-ed25519") + _field(public)
    check = secrets.token_bytes(4)
    private = check * 2 + blob + _field(seed + public) + _field(b"test")
    private += bytes(range(1, 1 + -len(private) % 8))
    whole = b"openssh-key-v1\0" + _field(b"none") * 2 + _field(b"") + (1).to_bytes(4, "big")
    whole += _field(blob) + _field(private)
    text = base64.encodebytes(whole).decode()
    pem = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}-----END OPENSSH PRIVATE KEY-----\n"
    return pem, f"ssh-ed25519 {base64.b64encode(blob).decode()} test"
