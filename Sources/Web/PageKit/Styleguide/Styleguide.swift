package import Hummingbird
import Times

/// All components in all their states, for who changes one and for `ops/check-pages`. It shows made-up things, asks nothing and
/// changes nothing: for development only.
package struct Styleguide: Sendable {
    /// Its pages: `/styleguide` has each component, the others are pages whose whole is the state.
    package enum Sample: String, CaseIterable, Sendable {
        case components, form, confirm, hostile, empty, plain
    }

    private let board: LiveBoard

    /// - Parameter board: Carries the live values of the page.
    package init(board: LiveBoard) { self.board = board }

    /// Adds its pages below `/styleguide`. `?theme=dark` and `?theme=light` choose a theme, `?live=off` pauses.
    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for sample in Sample.allCases {
            router.get(RouterPath(Self.path(of: sample))) { request, _ in
                Self.page(
                    sample,
                    theme: request.uri.queryParameters["theme"].flatMap { PageFrame.Theme(rawValue: String($0)) },
                    isLive: request.uri.queryParameters["live"] != "off",
                    zoneName: Cookies.value(of: "tz", in: request.headers)
                ).response(sample == .form ? .unprocessableContent : .ok)
            }
        }
        router.get("/styleguide/live") { [board] request, _ in
            do {
                return try await board.open(StyleguideSamples.keys, session: "styleguide").response(to: request)
            } catch {
                throw HTTPError(.serviceUnavailable, message: "Too many streams.")
            }
        }
    }

    /// Where a page of it is.
    package static func path(of sample: Sample) -> String {
        sample == .components ? "/styleguide" : "/styleguide/\(sample.rawValue)"
    }

    /// A page of it; always the same at the same zone, so that pictures of it can be compared.
    package static func page(
        _ sample: Sample,
        theme: PageFrame.Theme? = nil,
        isLive: Bool = true,
        zoneName: String? = nil
    ) -> Page {
        let clock = PageClock(now: StyleguideSamples.now, zoneName: zoneName)
        var frame = StyleguideSamples.frame(sample)
        frame.theme = theme
        let samples = StyleguideSamples(clock: clock, frame: frame, isLive: isLive)
        switch sample {
        case .components: return samples.components
        case .form: return samples.form
        case .confirm: return samples.confirm
        case .hostile: return samples.hostile
        case .empty: return samples.empty
        case .plain: return samples.plain
        }
    }
}
