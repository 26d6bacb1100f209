import Foundation
package import HTTPTypes
package import Hummingbird
package import PageKit

/// The pages of a service. Each says who may see it; the list of them is what the tests of rights go through.
package struct PageRoutes {
    /// What can be asked for, and by whom.
    package struct Entry: Sendable, Hashable {
        package let method: HTTPRequest.Method
        package let path: String
        package let access: Access
    }

    /// All, in the order in which they were added.
    package private(set) var entries: [Entry] = []
    private let site: ServiceSite
    private let router: RouterGroup<APIContext>

    init(_ site: ServiceSite, _ router: RouterGroup<APIContext>) { (self.site, self.router) = (site, router) }

    /// A page.
    ///
    /// - Parameters:
    ///   - path: `/tickets/{ticket}`; a part in braces is a parameter.
    ///   - access: Who may see it. Default: whoever is logged in.
    ///   - fields: The fields of its address, in their order; others are told, and not ignored.
    ///   - answer: Throws `HTTPError` with a sentence for people where there is no such page, or `PageRefusal` with a page that helps.
    package mutating func page(
        _ path: String,
        for access: Access = .anyUser,
        fields: [String] = [],
        _ answer: @escaping @Sendable (Visit) async throws -> Page
    ) {
        get(path, access, fields) { [site] visit, _ in
            var page = try await answer(visit)
            if page.message == nil { page.message = try await site.message(for: visit) }
            return page.response()
        }
    }

    /// Leads to another page.
    package mutating func detour(
        _ path: String,
        for access: Access = .anyUser,
        _ target: @escaping @Sendable (Visit) async throws -> LinkTarget
    ) {
        get(path, access, []) { visit, _ in ServiceSite.redirect(to: try await target(visit)) }
    }

    /// What keeps an open page fresh.
    ///
    /// - Parameter keys: What the page shows and the visitor may see.
    package mutating func stream(
        _ path: String,
        for access: Access = .anyUser,
        fields: [String],
        _ keys: @escaping @Sendable (Visit) async throws -> Set<LiveKey>
    ) {
        get(path, access, fields) { [site] visit, request in
            try await site.open(keys(visit), nil, for: visit).response(to: request)
        }
    }

    /// What keeps an open page fresh that may have a table which takes rows.
    ///
    /// - Parameter content: What the page shows and the visitor may see; without a feed no table of it takes rows.
    package mutating func stream(
        _ path: String,
        for access: Access = .anyUser,
        fields: [String],
        content: @escaping @Sendable (Visit) async throws -> (keys: Set<LiveKey>, feed: LiveFeed?)
    ) {
        get(path, access, fields) { [site] visit, request in
            let (keys, feed) = try await content(visit)
            return try await site.open(keys, feed, for: visit).response(to: request)
        }
    }

    /// What is taken away as a file.
    package mutating func file(
        _ path: String,
        for access: Access = .anyUser,
        fields: [String] = [],
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) {
        get(path, access, fields) { visit, _ in try await answer(visit) }
    }

    /// What a form is sent to. Where the login has ended meanwhile nothing is done, and what was typed is kept.
    ///
    /// - Parameter act: However often a form is sent, it has one effect: see to that by an id in the form.
    package mutating func form(
        _ path: String,
        for access: Access = .anyUser,
        _ act: @escaping @Sendable (Visit, FormFields) async throws -> Outcome
    ) {
        entries.append(Entry(method: .post, path: path, access: access))
        router.post(RouterPath(path)) { [site] request, context in
            let fields = try await FormFields(of: request)
            let session: PageSession
            do {
                session = try await site.login.current(of: request)
            } catch let error as HTTPError where error.status == .unauthorized {
                return site.askAgain(fields, request, after: nil)
            }
            let visit = try site.visit(request, context, session, access, fields: [])
            guard site.login.tokens.accepts(fields[FormTokens.field], session: session.id, action: visit.path) else {
                return site.askAgain(fields, request, after: visit)
            }
            switch try await act(visit, fields) {
            case .done(let target, let words, let link):
                if let words {
                    let message = KeptMessage(words: words, link: link)
                    try await site.login.sessions.store.leave(message.text, for: session.id)
                }
                return ServiceSite.redirect(to: target)
            case .page(let page, let status): return page.response(status)
            }
        }
    }

    private mutating func get(
        _ path: String,
        _ access: Access,
        _ fields: [String],
        _ answer: @escaping @Sendable (Visit, Request) async throws -> Response
    ) {
        entries.append(Entry(method: .get, path: path, access: access))
        for method in [HTTPRequest.Method.get, .head] {
            router.on(RouterPath(path), method: method) { [site] request, context in
                let session = try await site.login.current(of: request)
                let visit = try site.visit(request, context, session, access, fields: fields)
                let unknown = visit.query.unknown(besides: Set(fields))
                guard unknown.isEmpty else {
                    throw HTTPError(.badRequest, message: Self.words(unknown: unknown, known: fields))
                }
                return try await answer(visit, request)
            }
        }
    }

    private static func words(unknown: [String], known: [String]) -> String {
        let names = unknown.prefix(5).map { "“\(VisibleText.of($0.prefix(50)))”" }.joined(separator: ", ")
        return
            "This page has no field \(names): \(known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))")."
    }
}
