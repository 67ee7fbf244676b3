"""An emulator of AWS's KMS: moto, made to take what is to be signed for a digest.

A caller sends KMS a message, or with `MessageType: DIGEST` the digest of one, which is signed as it is:
https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html. cosign sends digests alone.
"""

from types import SimpleNamespace

import moto.kms.utils
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from moto.server import main

moto.kms.utils.hashes = SimpleNamespace(
    SHA256=lambda: Prehashed(SHA256()),
    SHA384=lambda: Prehashed(SHA384()),
    SHA512=lambda: Prehashed(SHA512()),
)

if __name__ == "__main__":
    main()
