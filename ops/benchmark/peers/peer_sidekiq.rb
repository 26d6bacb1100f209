# Sidekiq: its free version takes a job from Redis before it runs, so a killed process loses those at hand.
require "json"
require "securerandom"
require "pg"
require "sidekiq"

url = ENV.fetch("PEERS_REDIS")
Sidekiq.configure_client { |config| config.redis = {url: url} }
Sidekiq.configure_server do |config|
  config.redis = {url: url}
  config.logger.level = 3
end

class Post
  include Sidekiq::Worker
  sidekiq_options retry: 3

  EFFECT = <<~SQL
    WITH new AS (INSERT INTO ledger (event_id, account, amount) VALUES ($1::uuid, $2::bigint, $3::bigint)
        ON CONFLICT (event_id) DO NOTHING RETURNING account, amount)
    UPDATE accounts a SET balance = a.balance + n.amount FROM new n WHERE a.account = n.account
  SQL

  def perform(event)
    connection = Thread.current[:connection] ||= PG.connect(ENV.fetch("PEERS_POSTGRES")).tap { |made| made.prepare("effect", EFFECT) }
    connection.exec_prepared("effect", [event["posting_id"], event["account"], event["amount"]])
  end
end

if ENV["PEERS_FILL"]
  (0...Integer(ENV["PEERS_FILL"])).each_slice(1000) do |numbers|
    events = numbers.map do |number|
      [{"posting_id" => SecureRandom.uuid, "account" => number % 1000, "amount" => number % 97 + 1, "note" => "posting #{number}"}]
    end
    Sidekiq::Client.push_bulk("class" => Post, "args" => events)
  end
end
