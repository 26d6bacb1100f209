import ArgumentParser

/// The operator's tool for any Perch system. Each command has a file of its own.
@main
struct PerchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch",
        abstract: "Look into and operate a Perch system: events committed in Postgres, carried by Redis streams.",
        discussion: """
            Where the system is: flags (--redis URL, --database SERVICE=URL), else the environment (REDIS_URL,
            SERVICE_DATABASE_URL for each service of the contract, STREAMS_DIR, PERCH_NAMESPACE), else a context of the
            config file ~/.config/perch/config.yaml (--config, PERCH_CONFIG; --context, PERCH_CONTEXT):

              current: production
              contexts:
                production:
                  redis: redis://operator:PASSWORD@redis.internal:6379
                  streams: /srv/shop/streams
                  databases:
                    shop: postgresql://shop_app:PASSWORD@db.internal/shop

            Passwords are never printed. Tables are for people; --json has one stable shape (docs/perch-json.md).
            Completion for bash, zsh and fish: perch --generate-completion-script SHELL.
            """,
        version: "0.1.0",
        subcommands: [
            TopicsCommand.self, GroupsCommand.self, WorkersCommand.self, PendingCommand.self, TailCommand.self,
            ShowCommand.self, TraceCommand.self, ReplayCommand.self, PauseCommand.self, ResumeCommand.self,
            PartitionsCommand.self,
            PublishCommand.self, CheckCommand.self, DoctorCommand.self,
        ]
    )
}
