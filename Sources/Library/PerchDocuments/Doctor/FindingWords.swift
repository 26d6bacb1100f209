/// A finding in words: what was looked at, what was found, what to do about it.
package struct FindingWords: Sendable, Hashable {
    package let subject: String
    package let message: String
    /// Empty where there is nothing to do.
    package let advice: String

    package init(subject: String, message: String, advice: String) {
        (self.subject, self.message, self.advice) = (subject, message, advice)
    }
}
