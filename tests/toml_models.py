"""Models written down as TOML."""

LAYERS = ("bottom_fc", "interaction_fc", "attention_fc", "top_fc", "task_fc")


def toml_of(architecture):
    def entry(**values):
        shown = (str(value).lower() if isinstance(value, bool) else repr(value) for value in values.values())
        return "{ " + ", ".join(f"{key} = {value}" for key, value in zip(values, shown, strict=True)) + " }"

    tables = [
        entry(count=t.count, rows=t.rows, dim=t.dim, lookups=t.lookups, vectors=t.vectors, role=t.role)
        for t in architecture.tables
    ]
    recurrent = [entry(hidden=r.hidden, cell=r.cell, attention=r.attention) for r in architecture.recurrent]
    plain = ("name", "dense_features", "interaction", "tasks", "last_activation")
    lines = [f"{key} = {getattr(architecture, key)!r}" for key in plain]
    lines += [f"{key} = {list(getattr(architecture, key))}" for key in LAYERS]
    lines += [f"tables = [{', '.join(tables)}]", f"recurrent = [{', '.join(recurrent)}]"]
    return "\n".join(lines)
