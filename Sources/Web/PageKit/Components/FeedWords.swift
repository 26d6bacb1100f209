/// The place where the stream of a page tells what did not get into its table. Empty at first.
package struct FeedWords: Component {
    /// One a page.
    package init() {}

    /// Its markup.
    package var html: HTML { HTML(markup: "<p class=\"note\" data-passed></p>") }
}
