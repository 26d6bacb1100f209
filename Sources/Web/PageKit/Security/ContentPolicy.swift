/// What a browser lets a page do: nothing but what comes from us.
///
/// No script, style, picture, connection or form of another host; no script and no style in the markup; no text that becomes a
/// script; no frame around the page.
package struct ContentPolicy: Sendable, CustomStringConvertible {
    private let formTargets: [LinkTarget]

    /// - Parameter formTargets: Other origins that a form may end at, such as where a login leads back to: a redirect counts, too.
    package init(formTargets: [LinkTarget] = []) { self.formTargets = formTargets }

    /// The value of `Content-Security-Policy`.
    package var description: String {
        let forms = (["'self'"] + formTargets.map(\.description)).joined(separator: " ")
        return [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
            "form-action \(forms)", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ].joined(separator: "; ")
    }
}
