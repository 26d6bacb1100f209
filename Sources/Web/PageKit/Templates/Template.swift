/// The templates, which are part of the program. `ops/check-pages` shows each of them in a browser.
enum Template: String, CaseIterable {
    case badge, cards, chart, chartDrawing, code, copied, confirmPage, disclosure, errorSummary, facts, field,
        filterBar, form, link
    case message, notice, page, pager, progress, sparkline, stats, table, tabs, time, timeline, wait

    /// Fills the template.
    func render(_ values: TemplateValues) -> HTML {
        let text = Self.texts[self]?.filled(with: values) { name in
            assertionFailure("the template \(rawValue) is not given \(name)")
        }
        guard let text else { preconditionFailure("there is no template \(rawValue)") }
        return HTML(markup: text)
    }

    /// As it is written. The file's last line break is not of it: components stand within sentences.
    var source: String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private var bytes: [UInt8] {
        switch self {
        case .badge: PackageResources.badge_mustache
        case .cards: PackageResources.cards_mustache
        case .chart: PackageResources.chart_mustache
        case .chartDrawing: PackageResources.chartDrawing_mustache
        case .code: PackageResources.code_mustache
        case .copied: PackageResources.copied_mustache
        case .confirmPage: PackageResources.confirmPage_mustache
        case .disclosure: PackageResources.disclosure_mustache
        case .errorSummary: PackageResources.errorSummary_mustache
        case .facts: PackageResources.facts_mustache
        case .field: PackageResources.field_mustache
        case .filterBar: PackageResources.filterBar_mustache
        case .form: PackageResources.form_mustache
        case .link: PackageResources.link_mustache
        case .message: PackageResources.message_mustache
        case .notice: PackageResources.notice_mustache
        case .page: PackageResources.page_mustache
        case .pager: PackageResources.pager_mustache
        case .progress: PackageResources.progress_mustache
        case .sparkline: PackageResources.sparkline_mustache
        case .stats: PackageResources.stats_mustache
        case .table: PackageResources.table_mustache
        case .tabs: PackageResources.tabs_mustache
        case .time: PackageResources.time_mustache
        case .timeline: PackageResources.timeline_mustache
        case .wait: PackageResources.wait_mustache
        }
    }

    /// Read once.
    private static let texts: [Template: TemplateText] = Dictionary(
        uniqueKeysWithValues: allCases.map { template in
            do {
                return (template, try TemplateText(template.source))
            } catch {
                preconditionFailure("template \(template.rawValue): \(error)")
            }
        }
    )
}
