using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// Sign-in by a password. INVARIANT B1: a user has so many tries in a while, taken before the password is looked at, so that tries side by side are no more; and few passwords are looked at
/// at once, since each costs a fair part of a second. Whether there is such a user makes no difference: the same tries, the same work, the same answer.
/// </summary>
internal sealed class PasswordGate(IFabricEngine engine, OAuthNotes notes, TimeProvider time) : IDisposable
{
    /// <summary>Tries of one user in <see cref="Window"/>.</summary>
    public const int TriesMax = 10;

    /// <summary>How long tries count from the first on.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private const int ChangesMax = 20;
    private const int WaitingMax = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Rejection Wrong = new(Codes.Unauthenticated, "user", "user and password do not go together, or the user may not sign in now");
    private static readonly Rejection Full = new(Codes.LimitReached, "user", $"too many tries: wait {Window.TotalMinutes} minutes");
    private static readonly Rejection Busy = new(Codes.StorageUnavailable, "sign-in", "too many sign in at this moment: try again in a moment");

    private readonly MadeUpTries _madeUp = new(TriesMax, Window);
    private int _waiting;

    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>The user who has this password, as it stands.</summary>
    public async ValueTask<Outcome<SignInStanding>> ProveAsync(string tenant, string user, string password, CancellationToken cancellation)
    {
        if (!IdText.IsValid(tenant) || !IdText.IsValid(user) || password.Length is 0 or > UserPasswords.LengthMax)
        {
            return Wrong;
        }
        var standing = engine.SignInOf(tenant, user);
        if (standing.Refusal is { Code: Codes.StorageUnavailable } unknown)
        {
            return unknown;
        }

        // A turn before a try: who finds no turn has had no try.
        if (Interlocked.Increment(ref _waiting) > WaitingMax || !await TurnAsync(cancellation))
        {
            Interlocked.Decrement(ref _waiting);
            return Busy;
        }
        try
        {
            if (await TakeAsync(tenant, user, standing, cancellation) is { } refused)
            {
                return refused;
            }
            if (!UserPasswords.IsOf(password, standing.SignIn) || standing.Refusal is not null)
            {
                return Wrong;
            }
        }
        finally
        {
            _turns.Release();
            Interlocked.Decrement(ref _waiting);
        }
        if (await notes.Attempts.FindAsync(tenant, user, cancellation) is { IsOk: true, Value: { } attempts })
        {
            await notes.Attempts.RemoveAsync(attempts, cancellation);
        }
        return standing;
    }

    public void Dispose() => _turns.Dispose();

    private async ValueTask<bool> TurnAsync(CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _turns.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref _waiting);
            throw;
        }
    }

    // INVARIANT B1: what anybody can make up leaves nothing behind: the tries at users who do not sign in are counted in a table of one size, with the same answers.
    private async ValueTask<Rejection?> TakeAsync(string tenant, string user, SignInStanding standing, CancellationToken cancellation) =>
        standing.SignIn is not null ? await TakeTryAsync(tenant, user, cancellation) : _madeUp.TryTake(tenant, user, Instant.From(time.GetUtcNow())) ? null : Full;

    private async ValueTask<Rejection?> TakeTryAsync(string tenant, string user, CancellationToken cancellation)
    {
        for (var change = 0; change < ChangesMax; change++)
        {
            var found = await notes.Attempts.FindAsync(tenant, user, cancellation);
            if (!found.IsOk)
            {
                return found.Rejection;
            }
            if (found.Value is not { } held)
            {
                var until = Instant.From(time.GetUtcNow()) + Window;
                var added = await notes.Attempts.AddAsync(tenant, notes.Attempts.NameOf(tenant, user), user, null, until, new SignInAttempts(1), cancellation);
                if (added?.Code != Codes.AlreadyExists)
                {
                    return added;
                }
                continue;
            }
            if (held.Value.Count >= TriesMax)
            {
                return Full;
            }
            var counted = await notes.Attempts.ReplaceAsync(held, new SignInAttempts(held.Value.Count + 1), cancellation);
            if (!counted.IsOk || counted.Value is not null)
            {
                return counted.Rejection;
            }
        }
        return Busy;
    }
}
