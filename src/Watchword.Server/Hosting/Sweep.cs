using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>
/// Deletes much in small writes, and rests after each for as long as it took, so that logins wait for one of them at most and have half
/// of the database's time. Two nodes may sweep at once: what one has deleted the other does not find.
/// </summary>
internal sealed class Sweep(Database database)
{
    /// <summary>Rows in one write.</summary>
    public const int AtOnce = 500;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    /// <summary>Deletes until there is nothing left; the work deletes so many at most and says how many it did.</summary>
    public async Task UntilDoneAsync(Func<SqlSession, int, ValueTask<int>> delete, CancellationToken stopping)
    {
        while (await WriteAsync(db => delete(db, AtOnce), stopping) == AtOnce)
        {
        }
    }

    /// <summary>
    /// Reads what is to be deleted in the order of its keys, so many at most, and deletes it; then what comes after the last of those. Looking is done in
    /// reads, which hold up nobody; the deletion must look again, since time has passed.
    /// </summary>
    public async Task WalkAsync<TKey>(
        TKey first, Func<SqlSession, TKey, int, ValueTask<IReadOnlyList<TKey>>> find, Func<SqlSession, IReadOnlyList<TKey>, ValueTask> delete, CancellationToken stopping)
    {
        var (last, found) = (first, AtOnce);
        while (found == AtOnce)
        {
            var keys = await database.ReadAsync(db => find(db, last, AtOnce));
            found = keys.Count;
            if (found == 0)
                return;
            last = keys[^1];
            await WriteAsync(
                async db =>
                {
                    await delete(db, keys);
                    return found;
                },
                stopping);
        }
    }

    private async Task<int> WriteAsync(Func<SqlSession, ValueTask<int>> work, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        // The machine's time, not the server's: it is the disk that rests.
        var began = TimeProvider.System.GetTimestamp();
        var done = await database.WriteAsync(work);
        var took = TimeProvider.System.GetElapsedTime(began);
        if (done == AtOnce)
            await Task.Delay(took < LongestRest ? took : LongestRest, TimeProvider.System, stopping);
        return done;
    }
}
