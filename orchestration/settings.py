"""The one settings class: where data lives, who the authority is and how it runs. Environment prefix QAPM_."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one authority's installation. Every field can be set by an environment variable QAPM_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="QAPM_", extra="ignore", frozen=True, ignored_types=(cached_property,))

    home: Path = Field(default=Path("data"), description="Folder of all data; a local disk, never a network share")
    project_root: Path = Field(
        default=PROJECT_ROOT, description="Folder that holds expectations/, dbt_project/ and exports/; the checkout"
    )
    authority_code: str = Field(default="999", description="Three-digit DfE code of the authority")
    authority_name: str = Field(default="Example County", description="Name of the authority in reports")
    organisation_name: str = Field(default="Example County Children's Services", description="Who runs the services")
    commissioner_name: str = Field(default="Example County Council", description="Who receives the contract extracts")
    delivery_model: Literal["company", "trust", "in_house"] = Field(default="company", description="Who is accountable")
    contract_title: str = Field(default="Contract Key Performance Indicators", description="Title of the contract set")
    restricted_record_roles: tuple[str, ...] = Field(
        default=(), description="Named roles that may see restricted records in row-level output, as a JSON list"
    )
    minimum_n: int = Field(
        default=20, ge=1, description="Least number a percentage is made and rated of; below it the counts stand"
    )
    audit_seed: str = Field(
        default="1", description="Seed of the audit samples and allocations; another one draws other cases from then on"
    )
    audit_circulation: Literal["previous", "next"] = Field(
        default="previous",
        description="Working day on which the list of audits is sent when the first of the month is none",
    )
    publish_from: str | None = Field(
        default=None, description="First period (month key) published by --due; default: the first one fully covered"
    )
    reject_share: float = Field(
        default=0.20, description="Share of a list's rows in quarantine above which it is rejected"
    )
    reject_floor: int = Field(default=8, description="Lists with fewer rows than this are never rejected by share")
    volume_change: float = Field(
        default=0.40,
        description="Change of a table's rows on the period before, up or down, above which publication waits",
    )
    volume_floor: int = Field(default=20, description="Tables that had fewer rows than this are not compared")
    settle_seconds: float = Field(default=1.0, description="A landed file is taken once it stood still this long")
    parse_seconds: int = Field(default=300, description="Time limit for reading one file")
    parse_memory_mb: int = Field(default=4096, description="Memory limit for reading one file")
    lock_wait_seconds: float = Field(default=5.0, description="How long a run waits for another one before it gives up")
    generations_kept: int = Field(default=3, description="Warehouse generations kept")

    @property
    def root(self) -> Path:
        """The data folder as an absolute path."""
        return self.home.expanduser().absolute()

    @property
    def expectations(self) -> Path:
        """The contracts and code lists."""
        return self.project_root / "expectations"

    @property
    def dbt_project(self) -> Path:
        """The models and the KPI catalogue."""
        return self.project_root / "dbt_project"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def ledger_path(self) -> Path:
        return self.store / "ledger.sqlite"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def serving(self) -> Path:
        return self.root / "serving"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    def make_folders(self) -> None:
        """Make the data folders, readable by their owner only (zones hold children's records)."""
        for folder in (self.landing, self.store, self.warehouse, self.serving, self.published, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
