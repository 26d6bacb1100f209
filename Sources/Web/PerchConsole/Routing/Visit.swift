import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// A request for a page, and what the page needs to answer it.
struct Visit: Sendable {
    let parts: ConsoleParts
    let viewer: Viewer
    /// What each page says of the login.
    var loginNotice: Notice?
    let clock: PageClock
    /// Without `.json` and query.
    let path: String
    let query: FormFields
    /// Whether its person has chosen a time zone; else it is their browser's.
    let hasChosenZone: Bool
    /// Whether its person wants keys.
    let hasKeys: Bool
    private let parameters: [String: String]
    /// The page keeps itself fresh, where it does at all.
    var isLive: Bool { query["live"] != "off" }

    init(_ request: Request, _ viewer: Viewer, _ parts: ConsoleParts, path: String, parameters: [String: String]) throws
    {
        (self.viewer, self.parts, self.path, self.parameters) = (viewer, parts, path, parameters)
        clock = PageClock(zoneName: Cookies.value(of: "tz", in: request.headers).flatMap(\.removingPercentEncoding))
        hasChosenZone = Cookies.value(of: "tz-by", in: request.headers) == "choice"
        hasKeys = Cookies.value(of: "keys", in: request.headers) != "off"
        query = try FormFields(parsing: request.uri.query ?? "")
    }

    // MARK: What is asked for

    /// A part of the path, as its route names it.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The group that the path names.
    ///
    /// - Throws: 404, with the nearest name.
    func group(_ name: String = "group") throws -> GroupName {
        let text = parameter(name)
        let known = parts.connections.groups.map(\.rawValue)
        guard known.contains(text) else { throw notThere("group", text, known) }
        return GroupName(rawValue: text)
    }

    /// The topic that the path names.
    ///
    /// - Throws: 404, with the nearest name.
    func topic(_ name: String = "topic") throws -> TopicContract { try topic(named: parameter(name)) }

    /// A topic of the contract.
    ///
    /// - Throws: 404, with the nearest name.
    func topic(named text: String) throws -> TopicContract {
        guard let topic = parts.connections.contract.topic(TopicName(rawValue: text)) else {
            throw notThere("topic", text, parts.connections.contract.topics.map(\.name.rawValue))
        }
        return topic
    }

    private func notThere(_ kind: String, _ name: String, _ known: [String]) -> HTTPError {
        HTTPError(
            .notFound,
            message: "There is no \(kind) “\(VisibleText.of(name))”\(NearestName.hint(for: name, in: known))."
        )
    }

    /// - Throws: 403.
    func require(_ right: Right) throws {
        guard may(right) else { throw HTTPError(.forbidden, message: right.missing) }
    }

    func may(_ right: Right) -> Bool { viewer.may(right) }

    /// A value of the servers as the viewer may see it: without private fields of events, unless they have the right.
    func shown<Value: Maskable>(_ value: Value) -> Value {
        may(.seeData) ? value : value.masked(in: parts.connections.contract)
    }

    // MARK: What is shown

    /// The address of this page, with another value of one field; nil takes it away.
    func address(setting name: String? = nil, to value: String? = nil) -> LinkTarget {
        var fields = shownFields.filter { $0.0 != name }
        if let name, let value { fields.append((name, value)) }
        return LinkTarget(path.split(separator: "/").map { String($0) }, query: fields) ?? "/"
    }

    private var shownFields: [(String, String?)] {
        knownFields.flatMap { name in query.all(name).filter { !$0.isEmpty }.map { (name, Optional($0)) } }
    }

    /// The fields that the page knows, in the order of its addresses.
    var knownFields: [String] = []

    /// The page with what is around all of them.
    ///
    /// - Parameters:
    ///   - snapshot: What it shows is of this look, and kept fresh; nil: it was asked for by itself, now.
    ///   - isLive: Whether a look's values are kept fresh.
    func page(
        _ heading: String,
        of snapshot: SystemSnapshot? = nil,
        isLive: Bool = true,
        notices: [Notice] = [],
        errors: ErrorSummary? = nil,
        command: String? = nil,
        body: HTML
    ) -> Page {
        var asOf: AsOf?
        if let snapshot {
            let stream = isLive && self.isLive ? LinkTarget(["live"], query: [("of", path)]) : nil
            let other = isLive ? address(setting: "live", to: self.isLive ? "off" : nil) : nil
            asOf = AsOf(snapshot.time, clock, stream: stream, again: address(), other: other)
        }
        return Page(
            frame(),
            heading: heading,
            context: parts.settings.context,
            asOf: asOf,
            notices: [loginNotice].compactMap(\.self) + (snapshot.map(awayNotices) ?? []) + notices,
            errors: errors,
            command: command,
            body: body
        )
    }

    /// A page that asks before something is done: nothing of it is live.
    func confirmPage(_ heading: String, errors: ErrorSummary? = nil, notices: [Notice] = [], _ body: ConfirmPage)
        -> Page
    {
        var frame = frame()
        frame.focusesHeading = true
        return Page(
            frame,
            heading: heading,
            context: parts.settings.context,
            notices: [loginNotice].compactMap(\.self) + notices,
            errors: errors,
            body: body.html
        )
    }

    /// Proves that a form for this path is ours and this session's.
    func token(for action: LinkTarget) -> String {
        parts.tokens.token(session: viewer.session, action: Self.pathAlone(action.description))
    }

    static func pathAlone(_ address: String) -> String { String(address.prefix { $0 != "?" }) }

    private func awayNotices(_ snapshot: SystemSnapshot) -> [Notice] {
        snapshot.away.map { away in
            Notice(
                "\(away.problem.server) does not tell since \(clock.timeOfDay(away.since))",
                "\(ServerProblemHelp(away.problem).sentences) What it knows is shown as ?."
            )
        }
    }

    private func frame() -> PageFrame {
        ConsoleFrame.frame(
            parts.settings,
            viewer,
            canLogOut: parts.login.canLogOut,
            parts.tokens,
            path: path,
            search: query["q"] ?? "",
            hasKeys: hasKeys
        )
    }
}
