import PageKit

/// What is around all pages.
enum ConsoleFrame {
    /// The pages that the bar leads to, in its order.
    private static let pages: [(String, LinkTarget)] = [
        ("Overview", "/"), ("Topics", "/topics"), ("Groups", "/groups"), ("Workers", "/workers"), ("Failed", "/failed"),
        ("Trace", "/trace"), ("Schedules", "/schedules"), ("Doctor", "/doctor"), ("Audit", "/audit"),
    ]

    /// For somebody who is logged in.
    static func frame(
        _ settings: ConsoleSettings,
        _ viewer: Viewer,
        canLogOut: Bool,
        _ tokens: FormTokens,
        path: String,
        search: String
    ) -> PageFrame {
        var frame = bare(settings)
        frame.navigation = pages.map { words, target in
            let root = target.description
            return .init(words, to: target, isCurrent: path == root || root != "/" && path.hasPrefix(root + "/"))
        }
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
