//! Functions of every value.

/// Functions of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unary {
    /// max(x, 0).
    Relu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// tanh(x).
    Tanh,
    /// exp(x).
    Exp,
    /// The natural logarithm of x, and 0 of 0.
    Log,
    /// The root of x.
    Sqrt,
    /// |x|.
    Abs,
    /// x, below 0 times this slope.
    LeakyRelu(f32),
    /// x, below 0 this times (exp(x) - 1).
    Elu(f32),
    /// x, at least the first and at most the second.
    Clip(f32, f32),
    /// The first times x plus the second, at least 0 and at most 1.
    HardSigmoid(f32, f32),
    /// x * (x / 6 + 1/2, at least 0 and at most 1).
    HardSwish,
    /// The error function of x.
    Erf,
    /// x / 2 * (1 + erf(x / sqrt 2)).
    Gelu,
    /// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
    GeluTanh,
    /// log(1 + exp(x)).
    Softplus,
}

/// Functions of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// x + y.
    Add,
    /// x * y.
    Mul,
    /// x - y.
    Sub,
    /// x / y.
    Div,
    /// The larger.
    Max,
    /// The smaller.
    Min,
    /// x to the power of y; of a negative x only for whole y.
    Pow,
}
