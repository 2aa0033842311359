"""Regions per cloud (Neo4j's Aura documentation, page on regions, August 2025)."""

from __future__ import annotations

from typing import Final

Regions = dict[str, tuple[str, ...]]

PROFESSIONAL: Final[Regions] = {
    "aws": (
        "ap-south-1", "ap-southeast-1", "eu-west-1", "eu-west-3", "sa-east-1", "us-east-1",
        "us-west-2",
    ),
    "azure": (
        "brazilsouth", "centralindia", "eastus", "francecentral", "koreacentral", "uksouth",
        "westus3",
    ),
    "gcp": (
        "asia-east1", "asia-east2", "asia-south1", "asia-southeast1", "australia-southeast1",
        "europe-west1", "europe-west2", "europe-west3", "us-central1", "us-east1", "us-west1",
    ),
}  # fmt: skip

BUSINESS_CRITICAL: Final[Regions] = {
    **PROFESSIONAL,
    "aws": (*PROFESSIONAL["aws"], "us-east-2"),
}

DEDICATED: Final[Regions] = {
    "aws": (
        *PROFESSIONAL["aws"],
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-2", "ca-central-1",
        "eu-central-1", "eu-north-1", "eu-south-1", "eu-west-2", "il-central-1", "us-east-2",
    ),
    "azure": (
        *PROFESSIONAL["azure"],
        "australiaeast", "canadacentral", "eastus2", "germanywestcentral", "northeurope",
        "norwayeast", "southafricanorth", "switzerlandnorth", "uaenorth",
    ),
    "gcp": (
        *PROFESSIONAL["gcp"],
        "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south2", "asia-southeast2",
        "australia-southeast2", "europe-central2", "europe-north1", "europe-southwest1",
        "europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west12",
        "me-central1", "me-west1", "northamerica-northeast1", "northamerica-northeast2",
        "southamerica-east1",
        "southamerica-west1", "us-east4", "us-east5", "us-south1", "us-west2", "us-west3",
        "us-west4",
    ),
}  # fmt: skip

# The only region in which Neo4j's own command line was seen to make a Free instance.
FREE: Final[Regions] = {"gcp": ("europe-west1",)}

_PLACES: Final = {
    "europe-west1": "Belgium", "europe-west2": "London", "europe-west3": "Frankfurt",
    "us-central1": "Iowa", "us-east1": "South Carolina", "us-west1": "Oregon",
    "us-east-1": "N. Virginia", "us-west-2": "Oregon", "eu-west-1": "Ireland", "eu-west-3": "Paris",
    "eastus": "Virginia", "uksouth": "London", "francecentral": "Paris",
}  # fmt: skip


def region_name(region: str) -> str:
    """The human name, in the form of the official v1 document: `Belgium (europe-west1)`."""
    place = _PLACES.get(region)
    return region if place is None else f"{place} ({region})"
