package import HTTPTypes
import Perch

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
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        func matches(_ call: APICall) -> Bool {
            let pattern = call.path.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.first == "{" || $0 == $1 }
        }
        let found = calls.filter { $0.method == method && matches($0) }
        // `/v1/users/me` rather than `/v1/users/{user_id}`.
        return found.first { !$0.path.contains("{") } ?? found.first
    }
}
