/// How clients are told of ends of logins.
struct TellingPace: Sendable {
    /// Default.
    static let usual = TellingPace()

    /// How long a client may take for an answer.
    var patience = Duration.seconds(2)
    /// How long it is left alone after each try that it did not take. One try more than these, and it is told no more: it
    /// ends its own session when it next asks who is logged in.
    var pauses = [Duration.milliseconds(500), .seconds(1)]
    /// How long whoever ended the login waits until all were told. The others are told afterwards.
    var longestWait = Duration.seconds(5)
    /// How many are told at a time.
    var atOnce = 16
    /// How often it is looked for what others have ended, and what is over by the clock.
    var period = Duration.seconds(1)

    /// When a claim of somebody who does not settle it is given up.
    var claim: Duration { patience * 2 }
}
