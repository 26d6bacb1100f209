/// How long somebody has to wait, within a sentence: `in 30 seconds`. It counts down where there is a script; then it says `now`.
package struct Wait: Component {
    private let seconds: Int

    /// - Parameter seconds: From when the page is made.
    package init(_ seconds: Int) { self.seconds = seconds }

    /// Its markup.
    package var html: HTML {
        let words = seconds == 1 ? "in 1 second" : "in \(seconds) seconds"
        return Template.wait.render(["seconds": .text(String(seconds)), "words": .text(words)])
    }
}
