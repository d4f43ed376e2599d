using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>State of the server.</summary>
internal sealed record HealthResponse(string Status);

/// <summary>For whoever starts and watches this process: <c>/health/live</c> (it runs) and <c>/health/ready</c> (it can serve).</summary>
internal static class Health
{
    public static void Map(WebApplication app)
    {
        var health = app.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", () => TypedResults.Ok(new HealthResponse("ok")));
        health.MapGet("/ready", ReadyAsync);
    }

    private static async Task<IResult> ReadyAsync(Database database, ILogger<HealthResponse> log)
    {
        try
        {
            await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
            return TypedResults.Ok(new HealthResponse("ok"));
        }
#pragma warning disable CA1031 // Whatever it is, the answer is: not ready.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Telemetry.NotReady(log, failure);
            return TypedResults.Json(new HealthResponse("the database does not answer"), statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
