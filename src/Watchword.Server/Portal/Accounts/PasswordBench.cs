using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Watchword.Core.Administrators;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>So many passwords wait to be hashed that one more would wait too long.</summary>
internal sealed class BenchFullException() : Exception("Too many passwords wait to be checked.");

/// <summary>
/// Where passwords are hashed: one at a time, so that whoever floods the sign-in page takes no more than a core from those who log in, and no more
/// waiting than is worth it.
/// </summary>
internal sealed class PasswordBench(IOptions<PasswordHasherOptions> hasher) : IDisposable
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512 (OWASP Password Storage Cheat Sheet: 210,000 or more).</summary>
    public const int Iterations = 210_000;

    /// <summary>How many may wait: some seconds' worth.</summary>
    public const int MostWaiting = 50;

    private readonly SemaphoreSlim _place = new(1);
    private readonly Administrator _nobody = new()
    {
        TenantId = "", AdministratorId = "", Email = "", Name = "", Role = AdministratorRole.Auditor, PasswordHash = HashOfNothing(hasher.Value.IterationCount),
    };

    /// <summary>Those that wait, and the one that is at work.</summary>
    private int _here;

    /// <summary>
    /// A place in the queue, taken before a try is counted: what is not looked at must not count, or a flood would lock out whom it names.
    /// </summary>
    /// <exception cref="BenchFullException">Too many wait.</exception>
    public Turn Enter()
    {
        if (Interlocked.Increment(ref _here) <= MostWaiting + 1)
            return new Turn(this);
        Interlocked.Decrement(ref _here);
        throw new BenchFullException();
    }

    public void Dispose() => _place.Dispose();

    /// <summary>A hash that no password has, in the format of Identity's hasher: version, PRF, rounds, size of the salt, salt, subkey.</summary>
    private static string HashOfNothing(int iterations)
    {
        var hash = new byte[13 + 16 + 32];
        RandomNumberGenerator.Fill(hash);
        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), 2);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), 16);
        return Convert.ToBase64String(hash);
    }

    /// <summary>A place in the queue; dispose of it to give it up.</summary>
    internal sealed class Turn(PasswordBench bench) : IDisposable
    {
        public Task<bool> CheckAsync(UserManager<Administrator> managers, Administrator who, string password, CancellationToken cancellation) =>
            RunAsync(() => managers.CheckPasswordAsync(who, password), cancellation);

        /// <summary>Takes as long as a check.</summary>
        public Task CheckNothingAsync(UserManager<Administrator> managers, string password, CancellationToken cancellation) => CheckAsync(managers, bench._nobody, password, cancellation);

        public Task<string> HashAsync(UserManager<Administrator> managers, Administrator who, string password, CancellationToken cancellation) =>
            RunAsync(() => Task.FromResult(managers.PasswordHasher.HashPassword(who, password)), cancellation);

        public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
        {
            await bench._place.WaitAsync(cancellation);
            try
            {
                // Off the request's thread: it is a tenth of a second of pure computing.
                return await Task.Run(work, cancellation);
            }
            finally
            {
                bench._place.Release();
            }
        }

        public void Dispose() => Interlocked.Decrement(ref bench._here);
    }
}
