import Foundation
import Yams

/// The config file: named contexts, each of one system.
struct ContextFile: Decodable {
    /// The context that is used unless another is named.
    var current: String?
    var contexts: [String: OperatorContext]

    /// - Returns: nil where there is no config file and nobody named one, or a context.
    /// - Throws: `SettingProblem`; never with a value of the file in it, for those are secrets.
    static func context(named name: String?, file: String?, environment: [String: String]) throws -> OperatorContext? {
        let home = environment["XDG_CONFIG_HOME"] ?? "\(environment["HOME"] ?? NSHomeDirectory())/.config"
        let asked = file ?? environment["PERCH_CONFIG"]
        let path = asked ?? "\(home)/perch/config.yaml"
        let name = name ?? environment["PERCH_CONTEXT"]
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            if asked == nil, let name {
                throw SettingProblem(
                    description:
                        "there is no config file \(path), in which the context `\(name)` could be; write one as "
                        + "`perch --help` shows, or give --config or PERCH_CONFIG"
                )
            }
            guard asked == nil else {
                throw SettingProblem(description: "the config file \(path) cannot be read: is it there, and yours?")
            }
            return nil
        }
        let parsed = try parse(text, path: path)
        let contexts = parsed.contexts.keys.sorted()
        guard let chosen = name ?? parsed.current ?? (contexts.count == 1 ? contexts.first : nil) else {
            throw SettingProblem(
                description:
                    "\(path) has several contexts and no `current`: give --context one of \(contexts.joined(separator: ", "))"
            )
        }
        guard var context = parsed.contexts[chosen] else {
            throw SettingProblem(
                description:
                    "\(path) has no context `\(chosen)`; it has \(contexts.joined(separator: ", "))\(Names.hint(chosen, contexts))"
            )
        }
        context.name = chosen
        return context
    }

    private static func parse(_ text: String, path: String) throws -> ContextFile {
        do {
            return try YAMLDecoder().decode(ContextFile.self, from: text)
        } catch let problem as SettingProblem {
            throw SettingProblem(description: "\(path): \(problem.description)")
        } catch let DecodingError.dataCorrupted(context) where context.underlyingError is SettingProblem {
            throw SettingProblem(description: "\(path): \(context.underlyingError.map { "\($0)" } ?? "")")
        } catch let YamlError.parser(_, problem, mark, _), let YamlError.scanner(_, problem, mark, _) {
            throw SettingProblem(description: "\(path):\(mark.line):\(mark.column): \(problem)")
        } catch {
            throw SettingProblem(
                description:
                    "\(path): expected `contexts:` with a map of names to {\(OperatorContext.known.joined(separator: ", "))}"
            )
        }
    }
}
