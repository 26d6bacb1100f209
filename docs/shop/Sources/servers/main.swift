import Foundation
import LocalServers

// A private Redis and Postgres on free ports, which end with this program.
try await withLocalServers { redis, postgres in
    let settings = """
        export REDIS_URL=\(redis.url)
        export SHOP_DATABASE_URL=\(try postgres.createDatabase("shop"))
        export BILLING_DATABASE_URL=\(try postgres.createDatabase("billing"))

        """
    try settings.write(toFile: "servers.env", atomically: true, encoding: .utf8)
    print(settings)
    try await Task.sleep(for: .seconds(86_400))
}
