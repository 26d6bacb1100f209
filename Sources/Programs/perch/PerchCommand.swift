import ArgumentParser

/// The operator's tool for any Perch system. Each command has a file of its own.
struct PerchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch",
        abstract: "Look into and operate a Perch system: events committed in Postgres, carried by Redis streams.",
        discussion: Help.flowing(
            """
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

            A context can also have what `perch console` needs: owners: (a URL for each service, of the role that owns its
            schema), tint: (red, amber, green or blue) and console: (docs/perch.md).

            A contract that nobody names is the folder streams of the working directory, or the nearest above it; --verbose
            says which is used.

            Passwords are never printed. Tables are for people; --json has one stable shape (docs/perch-json.md).

            EXIT CODES
              0   fine, or done
              1   trouble found, refused, not confirmed, or stopped; nothing is half done
              2   a server, the contract or the settings could not be read; what
                  could be read is printed
              64  wrong usage

            EXAMPLES
              perch doctor                       is all well, and what to do if not
              perch groups --watch               who is behind
              perch failed                       what failed, and why
              perch trace KEY                    the way of a key through all services
              perch manual | man -l -            all of this as a man page

            Each command has examples in its --help; docs/perch.md walks through all of them. Completion for bash, zsh and
            fish: perch --generate-completion-script SHELL (docs/perch.md says where to put it).
            """
        ),
        version: "0.1.0",
        subcommands: [
            // Look
            TopicsCommand.self, GroupsCommand.self, WorkersCommand.self, PendingCommand.self, TailCommand.self,
            EventsCommand.self, ShowCommand.self, TraceCommand.self, AuditCommand.self, DoctorCommand.self,
            BenchCommand.self, ConsoleCommand.self,
            // Operate
            FailedCommand.self, RefusedCommand.self, ForeignCommand.self, DelaysCommand.self, ReplayCommand.self,
            PauseCommand.self, ResumeCommand.self, PartitionsCommand.self, PublishCommand.self, ForgetCommand.self,
            SchedulesCommand.self,
            // Prepare
            MigrateCommand.self, CheckCommand.self, NewCommand.self, ManualCommand.self,
        ]
    )
}
