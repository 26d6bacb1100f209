extension Duration {
    /// Seconds, to the millisecond.
    var rounded: Double {
        Double(components.seconds) + Double(components.attoseconds / 1_000_000_000_000_000) / 1000
    }
}
