/// How labels of swift-metrics are written in Prometheus, by its
/// [naming rules](https://prometheus.io/docs/practices/naming/).
enum PrometheusName {
    /// Anything that is no letter, digit or `_` becomes `_`; counters end with `_total`, timers with `_seconds`, gauges not
    /// with `_total`.
    static func family(_ label: String, _ kind: PrometheusFamily.Kind) -> String {
        let name = sanitized(label)
        switch kind {
        case .counter: return name.hasSuffix("_total") ? name : name + "_total"
        case .histogram: return name.hasSuffix("_seconds") ? name : name + "_seconds"
        case .gauge: return name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
        }
    }

    /// `group="billing",topic="orders"`: names made valid, values escaped. Of two dimensions of one name the first counts.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var names: Set<String> = []
        var text = ""
        for (name, value) in dimensions {
            let name = sanitized(name)
            guard names.insert(name).inserted else { continue }
            if !text.isEmpty { text += "," }
            text += "\(name)=\"\(escaped(value, quotes: true))\""
        }
        return text
    }

    /// Backslashes, line ends, and in values of labels quotes, so that no value can end its line.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func sanitized(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
            case "0"..."9":
                if name.isEmpty { name = "_" }
                name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : name
    }
}
