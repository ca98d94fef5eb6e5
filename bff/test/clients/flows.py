"""Runs the flows (*.flows.py) beside it, or in a folder beside it, with the client that is installed; prints what became of each."""

import importlib.util
import sys
import unittest
from pathlib import Path


class Printed(unittest.TestResult):
    """An area is a class of flows."""

    def tell(self, outcome, flow, more=""):
        # what fails before a class has begun comes as a holder of that class' name
        name = getattr(flow, "_testMethodName", str(flow))
        print(f"\n{outcome}\t{type(flow).__name__}\t{name}{more}", flush=True)

    def addSuccess(self, flow):
        self.tell("passed", flow)

    def addSkip(self, flow, reason):
        self.tell("skipped", flow, f": {reason}")

    def addFailure(self, flow, error):
        self.tell("failed", flow, "\n" + self._exc_info_to_string(error, flow))

    addError = addFailure


def flows_in(path):
    spec = importlib.util.spec_from_file_location(path.name.split(".")[0] + "_flows", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


printed = Printed()
folder = Path(__file__).parent.joinpath(*sys.argv[1:])
# for what they share
sys.path.insert(0, str(folder))
for path in sorted(folder.glob("*.flows.py")):
    flows_in(path).run(printed)
