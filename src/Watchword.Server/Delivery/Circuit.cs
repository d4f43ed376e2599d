using Polly;
using Polly.CircuitBreaker;

namespace Watchword.Server.Delivery;

/// <summary>One call to a provider.</summary>
/// <param name="Made">False when it turned out, before the call, that the message is no longer ours to send.</param>
/// <param name="Result">What the provider said.</param>
internal sealed record Attempt(bool Made, SendResult Result)
{
    /// <summary>Nothing was handed over.</summary>
    public static readonly Attempt NotMade = new(false, default);
}

/// <summary>
/// Opens when three of four calls fail, at least ten of them within half a minute; then the provider has a rest of 5, 10, 20, 30 s, after
/// which one call is made to see. That one decides. Three of four and not half: a provider that takes every second message still is
/// worth asking, above all when it is the only one.
/// </summary>
internal sealed class Circuit
{
    /// <summary>Calls before a judgement.</summary>
    public const int LeastCalls = 10;

    /// <summary>What share of them must fail.</summary>
    public const double FailureRatio = 0.75;

    /// <summary>The span that is judged.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private readonly ResiliencePipeline<Attempt> _pipeline;
    private readonly CircuitBreakerStateProvider _state = new();

    public Circuit(OpenProvider provider, Lane lane, TimeProvider time) =>
        _pipeline = new ResiliencePipelineBuilder<Attempt> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Attempt>
            {
                FailureRatio = FailureRatio,
                MinimumThroughput = LeastCalls,
                SamplingDuration = Window,
                BreakDurationGenerator = args => new(Break(args.HalfOpenAttempts)),
                StateProvider = _state,
                // Not what is misconfigured: it is told at once and costs nothing, and is often a matter of one country. Counted, ten numbers in a
                // country that the account may not send to would close the way to all others.
                ShouldHandle = args => new(args.Outcome.Result is { Made: true, Result.Outcome: SendOutcome.TryLater or SendOutcome.Unknown }),
                OnOpened = args =>
                {
                    lane.Probe(true);
                    lane.Rest(args.BreakDuration);
                    DeliveryTelemetry.CircuitTurned(provider.Sender.Name, "open");
                    Turned?.Invoke(args.BreakDuration);
                    return default;
                },
                OnClosed = _ =>
                {
                    lane.Probe(false);
                    DeliveryTelemetry.CircuitTurned(provider.Sender.Name, "closed");
                    Turned?.Invoke(null);
                    return default;
                },
            })
            .Build();

    /// <summary>It opened, for so long; or, without a time, it closed.</summary>
    public event Action<TimeSpan?>? Turned;

    /// <summary>Whether calls are made as usual.</summary>
    public bool IsClosed => _state.CircuitState == CircuitState.Closed;

    /// <summary>How long the provider rests after so many failed probes.</summary>
    public static TimeSpan Break(int failedProbes) => TimeSpan.FromSeconds(Math.Min(30, 5 << Math.Clamp(failedProbes, 0, 3)));

    /// <summary>Makes the call; null when the circuit is open.</summary>
    public async ValueTask<Attempt?> RunAsync<TState>(Func<TState, CancellationToken, ValueTask<Attempt>> call, TState state)
    {
        try
        {
            return await _pipeline.ExecuteAsync(static (arguments, cancellation) => arguments.call(arguments.state, cancellation), (call, state));
        }
        catch (BrokenCircuitException)
        {
            return null;
        }
    }
}
