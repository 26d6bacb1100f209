package import Foundation
import HTTPTypes
import Hummingbird
package import PageKit
import Perch

/// A request for a page of a service by somebody who is logged in, and what the page needs to answer it.
package struct Visit: Sendable {
    /// Who it is.
    package let viewer: PageViewer
    /// Their clock.
    package let clock: PageClock
    /// Without its query.
    package let path: String
    /// What stands behind the `?`.
    package let query: FormFields
    /// What the login lacks at the moment.
    let loginNotice: Notice?
    let hasMessage: Bool
    /// The fields that the page knows, in the order of its addresses.
    let knownFields: [String]
    private let parameters: [String: String]
    private let site: ServiceSite

    init(
        _ request: Request,
        _ context: APIContext,
        _ session: PageSession,
        _ viewer: PageViewer,
        _ site: ServiceSite,
        fields: [String]
    ) throws {
        let zone = Cookies.value(of: "tz", in: request.headers).flatMap(\.removingPercentEncoding)
        clock = PageClock(now: site.now(), zoneName: zone)
        (self.viewer, self.site, path, knownFields) = (viewer, site, request.uri.path, fields)
        query = try FormFields(parsing: request.uri.query ?? "")
        (loginNotice, hasMessage) = (session.notice, session.hasMessage)
        parameters = [String: String](
            context.parameters.map { (String($0.key), String($0.value).removingPercentEncoding ?? "") }
        ) { first, _ in first }
    }

    // MARK: What is asked for

    /// A part of the path, as its route names it.
    package func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The id that the path has there; nil where it is none.
    package func id(_ name: String) -> UUID? { UUID(uuidString: parameter(name)) }

    /// Whether this one of the query's fields is set, and to what; nil where it is empty.
    package func field(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The address of this page, with another value of one field; nil takes it away.
    package func address(setting name: String? = nil, to value: String? = nil) -> LinkTarget {
        var fields: [(String, String?)] = knownFields.filter { $0 != name }.compactMap { known in
            field(known).map { (known, $0) }
        }
        if let name, let value { fields.append((name, value)) }
        return LinkTarget(path.split(separator: "/").map { String($0) }, query: fields) ?? "/"
    }

    // MARK: What is shown

    /// Where the other programs' pages are.
    package var places: PopugPlaces { site.settings.places }

    /// The page with what is around all of them.
    ///
    /// - Parameters:
    ///   - stream: Keeps it fresh. Default: it is not live, and does not say when it was true.
    ///   - asks: The page asks before something is done: its heading has the focus at first. Default: no.
    package func page(
        _ heading: String,
        stream: LinkTarget? = nil,
        asks: Bool = false,
        notices: [Notice] = [],
        errors: ErrorSummary? = nil,
        body: HTML
    ) -> Page {
        var frame = site.frame(of: viewer, path)
        frame.focusesHeading = asks
        let asOf = stream.map { AsOf(clock.now, clock, stream: $0, again: address()) }
        return Page(
            frame,
            heading: heading,
            asOf: asOf,
            notices: [loginNotice].compactMap(\.self) + notices,
            errors: errors,
            body: body
        )
    }

    /// The page, which says on top where the service's handlers are behind the events: what it shows may be old then.
    ///
    /// - Parameter showsLag: Whether it says so.
    package func page(
        _ heading: String,
        stream: LinkTarget? = nil,
        asks: Bool = false,
        showsLag: Bool,
        notices: [Notice] = [],
        errors: ErrorSummary? = nil,
        body: HTML
    ) async -> Page {
        let lag = showsLag ? await site.lagNotice(isLive: stream != nil) : nil
        return page(
            heading,
            stream: stream,
            asks: asks,
            notices: [lag].compactMap(\.self) + notices,
            errors: errors,
            body: body
        )
    }

    /// Proves that a form for this path is ours and this session's.
    package func token(for action: LinkTarget) -> String {
        site.login.tokens.token(session: viewer.session, action: String(action.description.prefix { $0 != "?" }))
    }
}
