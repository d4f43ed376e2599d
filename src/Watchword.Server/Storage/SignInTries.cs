namespace Watchword.Server.Storage;

/// <summary>
/// Tries at signing in to the portal that are counted together, and the one way to count them: before anything is compared, in one statement that
/// with the last one allowed locks at once, so that no crash leaves a try uncounted.
/// </summary>
internal sealed class SignInTries
{
    /// <summary>Wrong tries after which the door is shut for a while.</summary>
    public const int Most = 5;

    /// <summary>Wrong second factors in a row after which only an owner opens it again (NIST SP 800-63B-4 §3.2.2).</summary>
    public const int MostFactorsInARow = 100;

    /// <summary>How long it stays shut.</summary>
    public static readonly TimeSpan LockDuration = TimeSpan.FromMinutes(15);

    /// <summary>Passwords, from all browsers that are not known.</summary>
    public static readonly SignInTries Passwords = new("administrators", "failures", "locked_until");

    /// <summary>Passwords, from one browser in which they have signed in before.</summary>
    public static readonly SignInTries DevicePasswords = new("administrator_devices", "failures", "locked_until", and: "AND device_id = @device");

    /// <summary>Second factors. Whoever tries one knows the password.</summary>
    public static readonly SignInTries Factors = new(
        "administrators", "factor_failures", "factor_locked_until", and: $"AND factor_row < {MostFactorsInARow}", count: ", factor_row = factor_row + 1", uncount: ", factor_row = factor_row - 1");

    private readonly string _count;
    private readonly string _uncount;
    private readonly string _unlock;

    private SignInTries(string table, string failures, string until, string and = "", string count = "", string uncount = "")
    {
        const string Key = "tenant_id = @tenant AND administrator_id = @id";
        var device = table == "administrators" ? "" : and;
        _count =
            $"""
            UPDATE {table} SET
                {failures} = CASE WHEN {failures} + 1 >= @most THEN 0 ELSE {failures} + 1 END,
                {until} = CASE WHEN {failures} + 1 >= @most THEN @until ELSE NULL END{count}
            WHERE {Key} {and} AND ({until} IS NULL OR {until} <= @now)
            RETURNING {failures}
            """;
        _uncount = $"UPDATE {table} SET {failures} = {failures} - 1{uncount} WHERE {Key} {device} AND {failures} > 0";
        _unlock = $"UPDATE {table} SET {failures} = @most - 1, {until} = NULL{uncount} WHERE {Key} {device} AND {failures} = 0 AND {until} IS NOT NULL";
    }

    /// <summary>Null, and not counted, while locked; otherwise the failures since the last lock, 0 when this try locked.</summary>
    public async ValueTask<long?> CountAsync(SqlSession db, Administrator of, string? device, DateTimeOffset now) =>
        (await db.AllAsync<long>(
            _count,
            new { tenant = of.TenantId, id = of.AdministratorId, device = device ?? "", now = now.Ms(), until = (now + LockDuration).Ms(), most = (long)Most })) is [var failures] ? failures : null;

    /// <summary>A try that was counted was right as far as it went: it counts no longer. What others counted meanwhile stays.</summary>
    /// <param name="db">The write.</param>
    /// <param name="of">Whose.</param>
    /// <param name="device">From which browser.</param>
    /// <param name="counted">What <see cref="CountAsync"/> said.</param>
    public ValueTask<int> UncountAsync(SqlSession db, Administrator of, string? device, long counted) =>
        db.ExecuteAsync(counted == 0 ? _unlock : _uncount, new { tenant = of.TenantId, id = of.AdministratorId, device = device ?? "", most = (long)Most });
}
