/// A setting that cannot be used.
package struct SettingProblem: Error, CustomStringConvertible {
    /// Where it stands.
    package enum Cause: Sendable, Hashable {
        /// On the command line: the program ends as with any wrong word there.
        case commandLine
        /// In the environment, the config file, or what they name.
        case settings
    }

    package let description: String
    package let cause: Cause

    package init(description: String, cause: Cause = .settings) {
        (self.description, self.cause) = (description, cause)
    }
}
