import PageKit

/// What is around all pages.
enum ConsoleFrame {
    /// The pages that the bar leads to, in its order.
    static let pages: [(words: String, target: LinkTarget, key: String)] = [
        ("Overview", "/", "o"), ("Topics", "/topics", "t"), ("Groups", "/groups", "g"), ("Workers", "/workers", "w"),
        ("Failed", "/failed", "f"), ("Trace", "/trace", "r"), ("Schedules", "/schedules", "s"),
        ("Doctor", "/doctor", "d"), ("Audit", "/audit", "a"),
    ]

    /// For somebody who is logged in.
    static func frame(
        _ settings: ConsoleSettings,
        _ viewer: Viewer,
        canLogOut: Bool,
        _ tokens: FormTokens,
        path: String,
        search: String,
        hasKeys: Bool
    ) -> PageFrame {
        var frame = bare(settings)
        frame.navigation = pages.map { words, target, key in
            let root = target.description
            let isCurrent = path == root || root != "/" && path.hasPrefix(root + "/")
            return .init(words, to: target, isCurrent: isCurrent, key: key)
        }
        frame.keys = hasKeys ? LinkTarget(path: "/session#keys") : nil
        frame.search = .init("Key, event id, entry id or group/number", "/search", value: search)
        let token = tokens.token(session: viewer.session, action: "/logout")
        let form = canLogOut ? Form("/logout", token: token, button: "Log out", weight: .secondary) : nil
        frame.person = .init(viewer.name, role: viewer.role.rawValue, to: "/session", logout: form)
        return frame
    }

    /// For nobody.
    static func bare(_ settings: ConsoleSettings) -> PageFrame {
        let tint = settings.tint.flatMap { PageFrame.Tint(rawValue: $0.rawValue) }
        return PageFrame(program: "Perch", context: Badge(settings.context), tint: tint)
    }
}
