"""How much of a long list of cases a usual run of the tests takes. SLUICE_TEST_ALL=1 takes all."""
import os

ALL = os.environ.get("SLUICE_TEST_ALL") == "1"


def some(cases, step, first=0):
    """Every `step`-th of the cases, from the `first` on."""
    return list(cases) if ALL else list(cases)[first::step]


def of_kinds(names, steps):
    """(kind, name) for each kind with every `steps[kind]`-th of the names."""
    return [(kind, name) for shift, (kind, step) in enumerate(steps.items())
            for name in some(names, step, shift % step)]
