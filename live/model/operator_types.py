"""ONNX's types of operators, by what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The same values under another shape: no work.
VIEWS = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout"})

#: Known when the graph is loaded, or of a few numbers a batch.
SHAPES = frozenset({"Shape", "Size"})

#: Values are read and written, and nothing is computed.
COPIES = frozenset(
    {"Cast", "CastLike", "Expand", "GatherElements", "GatherND", "Pad", "ReverseSequence", "Slice", "Split", "Tile"}
    | {"DepthToSpace", "OneHot", "ScatterElements", "ScatterND", "SpaceToDepth", "Trilu"}
)

#: One operation for each value; of several tensors, one for each after the first.
ELEMENTWISE = frozenset(
    {"Abs", "Celu", "Ceil", "Clip", "Cos", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "IsInf"}
    | {"IsNaN", "LeakyRelu", "Log", "Mish", "Neg", "Not", "PRelu", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid"}
    | {"Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu"}
    | {"Add", "And", "BitShift", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean"}
    | {"Min", "Mod", "Mul", "Or", "Pow", "Sub", "Sum", "Where", "Xor", "CumSum"}
)

#: Terms of which one value is made.
REDUCTIONS = frozenset(
    {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd"}
    | {"ReduceSum", "ReduceSumSquare"}
)
#: Those that pool embedding rows.
POOLINGS = frozenset({"ReduceMean", "ReduceSum"})

#: Operations for each value.
NORMALIZATIONS: Mapping[str, int] = MappingProxyType(
    {
        # A scale and a shift, in which mean and variance are contained.
        "BatchNormalization": 2,
        # Mean, difference, square, variance, quotient, scale, shift.
        "GroupNormalization": 7,
        "InstanceNormalization": 7,
        "LayerNormalization": 7,
        # Square, mean, quotient, scale.
        "LpNormalization": 3,
        "RMSNormalization": 4,
    }
)

SOFTMAXES = frozenset({"LogSoftmax", "Softmax"})
#: Matrices of one step.
GATES: Mapping[str, int] = MappingProxyType({"RNN": 1, "GRU": 3, "LSTM": 4})

#: Under which name the published shares of computation time count an operator.
PUBLISHED: Mapping[str, str] = MappingProxyType({"Add": "Sum"})
