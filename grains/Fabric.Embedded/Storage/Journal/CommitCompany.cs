namespace Fabric.Embedded.Storage;

/// <summary>
/// How many records a commit is worth waiting for, learnt from those before: twice as many as long as they come in time, then as many as came. More is
/// tried again now and then.
/// </summary>
internal sealed class CommitCompany
{
    /// <summary>The longest wait for company: less than a commit and the answers to it take under load.</summary>
    public const int WaitMsMax = 2;

    /// <summary>As many records share a commit so well that more are not waited for.</summary>
    public const int ExpectedMax = 128;

    private const int CommitsBetweenTries = 128;

    private int _commitsUntilTry;

    /// <summary>The records that the next commit waits for; 1: it does not wait.</summary>
    public int Expected { get; private set; } = 1;

    /// <summary>A commit begins with so many records.</summary>
    public void Left(int records)
    {
        if (records < Expected)
        {
            Expected = Math.Max(1, records);
            _commitsUntilTry = CommitsBetweenTries;
        }
        else if (_commitsUntilTry > 0)
        {
            _commitsUntilTry--;
        }
        else if (records > 1)
        {
            Expected = Math.Min(ExpectedMax, 2 * Expected);
        }
    }
}
