extension DefaultStringInterpolation {
    /// A component in a text would be its description, and no markup: whoever wants markup says that it is `HTML`.
    @available(*, unavailable, message: "a component belongs into HTML, and not into a text")
    package mutating func appendInterpolation(_ component: some Component) {}
}
