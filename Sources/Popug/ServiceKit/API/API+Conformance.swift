package import HTTPTypes
import Perch
import StrictJSON

extension API {
    /// In what an answer is not as the API's description says; empty if it is. For tests.
    ///
    /// - Parameter path: With its query, as it was requested.
    package func undescribed(
        _ body: [UInt8],
        status: HTTPResponse.Status,
        to method: HTTPRequest.Method,
        _ path: String
    ) -> [String] {
        guard let call = call(method, path) else { return [] }
        let schema: Schema
        if status == call.answer.status {
            guard case .json(let described) = call.answer.content else { return [] }
            schema = described
        } else if status.kind == .clientError || status.kind == .serverError {
            guard call.allProblems.contains(where: { $0.status == status }) else {
                return ["status \(status.code) is not described"]
            }
            schema = ProblemDocument.schema
        } else {
            return ["status \(status.code) is not described"]
        }
        guard let value = try? JSONDocument(body).root else { return ["the body is not JSON"] }
        return schema.problems(of: value).map { "\($0.name): \($0.message)" }
    }

    private func call(_ method: HTTPRequest.Method, _ path: String) -> APICall? {
        calls(at: path).first { $0.method == method }
    }

    /// The calls of a path, whatever the method: those of `/v1/users/me` rather than of `/v1/users/{user_id}`.
    ///
    /// - Parameter path: With its query or without.
    func calls(at path: String) -> [APICall] {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        let found = calls.filter { call in
            let pattern = call.path.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.first == "{" || $0 == $1 }
        }
        let literal = found.filter { !$0.path.contains("{") }
        return literal.isEmpty ? found : literal
    }
}
