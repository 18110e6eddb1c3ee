"""`build`: what a release is made from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from flipside.config.base import AsWritten, Command, InTree, Line, Part, matching


def _requirement(value: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(value)
    except InvalidRequirement:
        msg = "must be a requirement, as `sqlite-web==0.7.2`"
        raise ValueError(msg) from None
    return value


Requirement = Annotated[str, AfterValidator(_requirement)]
Distribution = Annotated[
    str,
    matching(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "a package's bare name, as `psycopg2`"),
]
Address = Annotated[
    str,
    matching(r"(https?|file)://\S+", "an address that begins with https://, http:// or file://"),
]
PythonVersion = Annotated[
    str, AsWritten, matching(r"3\.[0-9]{1,2}", 'a minor version of Python, as "3.11"')
]


class BuildConfig(Part):
    """What a release is made from, and what is done before."""

    kind: Literal["wheel", "index", "tree"] = Field(
        default="wheel",
        description="wheel: a wheel of this folder; index: a package named from an index;"
        " tree: this folder as it stands",
    )
    requirement: Requirement | None = Field(
        default=None,
        description="The package to take from the index; kind index, and only that, needs it",
    )
    python: PythonVersion | None = Field(
        default=None, description="Python's minor version in the release; the machine's if absent"
    )
    requirements: list[InTree] = Field(
        default_factory=lambda: ["requirements.txt"],
        description="Requirement files of the folder; kind tree only",
    )
    extra: list[Requirement] = Field(
        default_factory=list, description="Dependencies that the project forgot to name"
    )
    drop: list[Distribution] = Field(
        default_factory=list,
        description="Dependencies to leave out; uwsgi always is: the platform brings pyuwsgi",
    )
    index: Address | None = Field(
        default=None, description="Package index instead of every one that the requirements name"
    )
    before: list[Command] = Field(
        default_factory=list, description="Commands run in this folder before it is packaged"
    )
    include: list[Line] = Field(
        default_factory=list,
        description="Patterns (as in .gitignore) of files packaged although ignored by git",
    )
    exclude: list[Line] = Field(
        default_factory=list, description="Patterns (as in .gitignore) of files left out"
    )

    @model_validator(mode="after")
    def _requirement_with_index(self) -> BuildConfig:
        if self.kind == "index" and not self.requirement:
            msg = "needs `requirement`, as `kind: index` takes the package from an index"
            raise ValueError(msg)
        if self.kind != "index" and self.requirement:
            msg = f"has `requirement`, which `kind: {self.kind}` has no use for: `kind: index`?"
            raise ValueError(msg)
        return self
